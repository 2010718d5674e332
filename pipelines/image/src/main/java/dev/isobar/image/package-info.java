/**
 * The training and the serving image: what is in them, and Jib that writes or pushes them. Runs as a process of its own, started by the command line,
 * so that Jib and its libraries are on nobody else's class path. No adapter and no other module of the pipelines may come in: jars are files here.
 */
@NullMarked
package dev.isobar.image;

import org.jspecify.annotations.NullMarked;
