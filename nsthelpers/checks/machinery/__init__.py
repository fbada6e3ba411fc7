"""What all checks share: an exercise as data, the judge that finds out what is wrong, the card that says it, the book."""
