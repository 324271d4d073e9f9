"""Care in another pooling region (异地就医): what two regions owe each other, its clearing, prepaid funds, investigations."""
