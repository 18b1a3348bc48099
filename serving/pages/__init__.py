"""What people look at: pages in English and Japanese, rendered here, with nothing from another host."""
