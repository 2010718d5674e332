/**
 * The model server: one HTTP process that fits the container contract of every cloud.
 * It takes kernel state from the online store and lets the feature kernel turn it into values.
 * The training side of any model library stays out; models are read in their published form.
 */
@NullMarked
package dev.isobar.server;

import org.jspecify.annotations.NullMarked;
