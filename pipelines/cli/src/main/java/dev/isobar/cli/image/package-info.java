/**
 * Making images, as a process that holds Jib: what it is told, what it answers. Which files a program consists of is the business of {@code install};
 * what an image looks like, of that process.
 */
@NullMarked
package dev.isobar.cli.image;

import org.jspecify.annotations.NullMarked;
