"""Field types of every edge: ids, instants, texts, and the words of OCPI, with sentences for errors."""
