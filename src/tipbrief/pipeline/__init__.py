"""The pipeline: the steps in order, for one document and for many."""
