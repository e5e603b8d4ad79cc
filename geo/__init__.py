"""Measures the ground: datum, area, place, division, coverage. Pure functions over EPSG:4326 and EPSG:4549."""
