import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Reads one base64 FHIR XML document per line and prints the same resource as one line of FHIR JSON. */
public final class XmlToJson {
  public static void main(String[] args) throws Exception {
    FhirContext context = FhirContext.forR4();
    context.setParserErrorHandler(new StrictErrorHandler());
    context.getParserOptions().setStripVersionsFromReferences(false);
    context.getParserOptions().setOverrideResourceIdWithBundleEntryFullUrl(false);
    IParser xml = context.newXmlParser();
    IParser json = context.newJsonParser();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String document = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
      try {
        out.println(json.encodeResourceToString(xml.parseResource(document)));
      } catch (RuntimeException error) {
        out.println("{\"error\": \"" + error.getClass().getSimpleName() + "\"}");
        System.err.println(error.getMessage());
      }
    }
  }
}
