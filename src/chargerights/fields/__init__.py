"""Field types of all edges: ids, instants, texts, OCPI's values, and error texts."""
