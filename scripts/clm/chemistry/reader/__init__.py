"""One reader for every table: containers by their first bytes, text, SDF, Parquet and spreadsheets, labels."""
