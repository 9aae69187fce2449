"""Spans of words that records of two sides share: how they are found and verified."""
