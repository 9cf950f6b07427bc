"""Figures and the tables behind them, drawn from tables alone."""
