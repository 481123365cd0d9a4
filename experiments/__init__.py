"""What made the records, the pretrained weights and the models."""
