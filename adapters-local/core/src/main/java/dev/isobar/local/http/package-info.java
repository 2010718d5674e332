/**
 * A small blocking HTTP/1.1 client for this machine's own ports: one request, one answer, connections kept.
 * No other host, no TLS, no redirects, no streaming.
 */
@NullMarked
package dev.isobar.local.http;

import org.jspecify.annotations.NullMarked;
