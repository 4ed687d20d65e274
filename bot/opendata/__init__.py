"""Open data of cities, one module per family of formats."""
