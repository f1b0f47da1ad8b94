"""Text for the content of tables: titles of figures, sentences of pages, readable names."""
