/**
 * Plans, runs and resumes pipelines, and compares or moves them between targets; monitors and governance.
 * It reaches the world through the ports of core-api only.
 * No adapter and no cloud library comes in, and Guice does not leave.
 */
@NullMarked
package dev.isobar.runtime;

import org.jspecify.annotations.NullMarked;
