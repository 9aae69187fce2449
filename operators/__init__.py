"""What is measured: one file a metric, a feature or a relation. Adding a file is adding a metric."""
