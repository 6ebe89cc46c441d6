"""The scoring job: signals in batches, probabilities, ranks, what is told of them, and the ledger of who was scored."""
