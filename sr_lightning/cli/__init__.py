"""The parts that the command lines share."""
