"""What makes the loop fast, lean and safe. Nothing here changes what is computed: the method is understood without it."""
