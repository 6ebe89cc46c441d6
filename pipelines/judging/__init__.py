"""Everything that is judged about a trained model, on customers that it has not seen; one file a question."""
