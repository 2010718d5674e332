package dev.isobar.gcp;

import dev.isobar.conformance.EndpointsSuite;
import org.junit.jupiter.api.extension.RegisterExtension;

class VertexEndpointsTest extends EndpointsSuite {
    @RegisterExtension
    static final EmulatedVertex EMULATED = new EmulatedVertex();

    @Override
    protected Platform platform() {
        return EMULATED.platform();
    }
}
