"""Tables: per-job result files as tidy rows, and tables as the statistics read them."""
