// The target's first tests replace this line.
