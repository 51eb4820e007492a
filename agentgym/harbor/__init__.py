"""Tasks in Harbor's layout: what every environment that reads them shares."""
