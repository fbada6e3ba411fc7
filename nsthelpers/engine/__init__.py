"""What makes the loop fast, lean and safe: nothing here changes what is computed, and you need not read it to understand the method."""
