"""Writers in processes of their own that are killed, stopped and cut off, clients that go on
asking, and an auditor that counts what was answered against what was kept."""
