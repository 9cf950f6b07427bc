"""How models are made: fetched, pre-trained, fine-tuned."""
