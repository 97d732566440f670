// The programs' first tests replace this line.
