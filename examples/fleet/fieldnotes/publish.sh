#!/bin/sh
# Copies the site to the folder that the web server shows.
set -eu
: "${SITE_ROOT:?set SITE_ROOT to the folder of the web server}"
cp index.html style.css notes.js notes.json "$SITE_ROOT"/
