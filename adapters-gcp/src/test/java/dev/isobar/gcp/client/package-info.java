@NullMarked
package dev.isobar.gcp.client;

import org.jspecify.annotations.NullMarked;
