"""What training minimises."""

from sr_lightning.losses.objective import Losses, Objective, Reconstruction

__all__ = ["Losses", "Objective", "Reconstruction"]
