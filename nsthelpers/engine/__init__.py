"""What makes the loop fast, lean and safe. You need none of it to understand the method."""
