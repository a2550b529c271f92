"""What existing apps rely on, exercised over a real socket.

The app folders tests/apps/guide_* hold the developer guide's samples as printed. What a sample leaves out
is completed in the smallest way, and each line of that is marked `# added` (in JSON `// added`). The other folders
are our own apps, one per subject.
"""
