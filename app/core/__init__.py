"""What every room stands on: money, time, database, refusals, states, references. Knows nothing of citizens."""
