#!/usr/bin/env node
// In the repository before the build, so that npm can link the command on a fresh install.
import "../dist/bin.js";
