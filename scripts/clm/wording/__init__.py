"""Words for what tables say, never more: titles of figures, sentences of pages, readable names."""
