#!/bin/bash
chgrp -R web /srv/site
chmod 2775 /srv/site
chmod 664 /srv/site/banner.txt
