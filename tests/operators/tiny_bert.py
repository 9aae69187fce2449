"""A BERT with random weights and its tokenizer of whole words, made on the spot as transformers writes them."""

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *[f"w{at}" for at in range(60)]]


def write_bert(folder, hidden=32, layers=2, window=24):
    """The folder, with a model of so many layers and dimensions in it."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=window,
    )
    transformers.BertModel(config).save_pretrained(folder)
    return write_tokenizer(folder)


def write_classifier(folder, labels=("entailment", "neutral", "contradiction"), window=24, seed=0, **more):
    """The folder, with a classifier of texts and pairs in it whose labels are these."""
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=window,
        initializer_range=0.5,  # else every text has nearly the same probabilities
        id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
        **more,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return write_tokenizer(folder)


def write_tokenizer(folder):
    """The folder, with a tokenizer of whole words in it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(WORDS[:4])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
