"""What makes the loop fast, lean and safe: nothing here changes what is computed, and nobody needs it to understand it."""
