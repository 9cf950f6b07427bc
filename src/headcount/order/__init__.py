"""From importances to curves: norms, orders, points. What the units are, only the caller knows."""
