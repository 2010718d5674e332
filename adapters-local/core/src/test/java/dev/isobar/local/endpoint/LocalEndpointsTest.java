package dev.isobar.local.endpoint;

import dev.isobar.conformance.EndpointsSuite;
import dev.isobar.local.LocalPlatform;
import dev.isobar.local.TestHome;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocalEndpointsTest extends EndpointsSuite {
    @RegisterExtension
    final TestHome home = new TestHome();

    @Override
    protected Platform platform() {
        return new LocalPlatform(home.home().root());
    }
}
