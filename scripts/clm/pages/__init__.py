"""Pages of text: what a study found, claims, answers for the owner of a task's data."""
