"""Curvature of the pretraining loss: Hessian products, trace, eigenvalues, sharpness."""
