/**
 * The HTTP side of the model server: the container contracts of every cloud, decoded into rows and encoded from scores.
 * It knows a {@link dev.isobar.server.http.Scorer} and nothing of models, features or state behind it.
 * No blocking call, no cloud library and no database comes in here.
 */
@NullMarked
package dev.isobar.server.http;

import org.jspecify.annotations.NullMarked;
