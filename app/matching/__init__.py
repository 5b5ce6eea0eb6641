"""Match policy, its arithmetic, and public money set aside for projects."""
