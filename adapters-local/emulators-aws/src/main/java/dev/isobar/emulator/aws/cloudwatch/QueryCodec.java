package dev.isobar.emulator.aws.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Bodies of the AWS query protocol: a form in, XML out.
 *
 * @see <a href="https://smithy.io/2.0/aws/protocols/aws-query-protocol.html">the protocol</a>
 */
final class QueryCodec {
    private static final String NAMESPACE = "http://monitoring.amazonaws.com/doc/2010-08-01/";
    private static final String MEMBER = "member";

    private QueryCodec() {}

    /** {@code a.member.1.b=c} is {@code {"a": [{"b": "c"}]}}; every scalar is a text. */
    static ObjectNode read(byte[] body) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        for (String pair : new String(body, StandardCharsets.UTF_8).split("&")) {
            int equals = pair.indexOf('=');
            if (equals < 0) {
                continue;
            }
            String[] path = decode(pair.substring(0, equals)).split("\\.");
            ObjectNode at = root;
            for (int i = 0; i < path.length - 1; i++) {
                at = at.get(path[i]) instanceof ObjectNode inner ? inner : at.putObject(path[i]);
            }
            at.put(path[path.length - 1], decode(pair.substring(equals + 1)));
        }
        return (ObjectNode) lists(root);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static JsonNode lists(JsonNode node) {
        if (!(node instanceof ObjectNode object)) {
            return node;
        }
        if (object.size() == 1 && object.get(MEMBER) instanceof ObjectNode members) {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            List<String> numbers = new ArrayList<>(
                    members.propertyStream().map(Map.Entry::getKey).toList());
            numbers.sort((a, b) -> a.length() == b.length() ? a.compareTo(b) : Integer.compare(a.length(), b.length()));
            numbers.forEach(n -> list.add(lists(members.get(n))));
            return list;
        }
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        object.properties().forEach(f -> result.set(f.getKey(), lists(f.getValue())));
        return result;
    }

    static byte[] write(String operation, ObjectNode answer, String requestId) {
        StringBuilder xml = new StringBuilder();
        xml.append('<')
                .append(operation)
                .append("Response xmlns=\"")
                .append(NAMESPACE)
                .append("\">");
        xml.append('<').append(operation).append("Result>");
        fields(answer, xml);
        xml.append("</").append(operation).append("Result>");
        xml.append("<ResponseMetadata><RequestId>").append(requestId).append("</RequestId></ResponseMetadata>");
        xml.append("</").append(operation).append("Response>");
        return xml.toString().getBytes(StandardCharsets.UTF_8);
    }

    static byte[] error(String code, String message, String requestId) {
        StringBuilder xml = new StringBuilder();
        xml.append("<ErrorResponse xmlns=\"").append(NAMESPACE).append("\"><Error><Type>Sender</Type><Code>");
        text(code, xml);
        xml.append("</Code><Message>");
        text(message, xml);
        xml.append("</Message></Error><RequestId>").append(requestId).append("</RequestId></ErrorResponse>");
        return xml.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void fields(JsonNode object, StringBuilder xml) {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            xml.append('<').append(field.getKey()).append('>');
            if (field.getKey().equals("ExtendedStatistics")) {
                entries(field.getValue(), xml);
            } else {
                value(field.getValue(), xml);
            }
            xml.append("</").append(field.getKey()).append('>');
        }
    }

    private static void entries(JsonNode map, StringBuilder xml) {
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            xml.append("<entry><key>");
            text(entry.getKey(), xml);
            xml.append("</key><value>");
            value(entry.getValue(), xml);
            xml.append("</value></entry>");
        }
    }

    private static void value(JsonNode node, StringBuilder xml) {
        if (node.isObject()) {
            fields(node, xml);
        } else if (node.isArray()) {
            for (JsonNode each : node) {
                xml.append("<member>");
                value(each, xml);
                xml.append("</member>");
            }
        } else if (node instanceof POJONode pojo) {
            xml.append(pojo.getPojo());
        } else {
            text(node.asText(), xml);
        }
    }

    private static void text(String text, StringBuilder xml) {
        xml.append(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
    }
}
