using System.Net;
using System.Text.Json;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Health;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Program.Control;

namespace OrthancCloudFs.Program.Monitoring;

/// <summary>
/// <c>/health</c> and <c>/metrics</c> on one port of 127.0.0.1. The exporter of the metrics has a listener of its own, for its path alone;
/// the listeners of one process share a port.
/// </summary>
internal sealed class MonitoringEndpoint : IDisposable
{
    private const string Host = "127.0.0.1";
    private const string HealthPath = "/health";
    private const string MetricsPath = "/metrics";

    private readonly HttpListener _listener = new();
    private readonly Func<HealthReport> _health;
    private readonly MeterProvider? _exporter;

    private MonitoringEndpoint(int port, Func<HealthReport> health)
    {
        _health = health;
        _listener.Prefixes.Add($"http://{Host}:{port}/");
        try
        {
            _listener.Start();
        }
        catch (HttpListenerException e)
        {
            throw new CommandException(
                ExitCode.Mount, $"\"HealthPort\" {port} cannot be opened on {Host}: {e.Message}; choose another port, or 0 for none", e);
        }

        _exporter = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService("orthanc-cloudfs", autoGenerateServiceInstanceId: false))
            .AddMeter(BucketMeter.Name, AttachmentMeter.Name, MountMeter.Name)
            .AddPrometheusHttpListener(options =>
            {
                options.Host = Host;
                options.Port = port;
                options.ScrapeEndpointPath = MetricsPath;
                options.ScopeInfoEnabled = false;
            })
            .Build();
        _ = AcceptAsync();
    }

    /// <summary>Listens until it is disposed.</summary>
    /// <param name="port">1 to 65535.</param>
    /// <param name="health">Asked for each request of <c>/health</c>.</param>
    /// <exception cref="CommandException">The port is taken.</exception>
    public static MonitoringEndpoint Start(int port, Func<HealthReport> health) => new(port, health);

    public void Dispose()
    {
        _exporter?.Dispose();
        _listener.Close();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return; // closed
            }

            _ = Task.Run(() => Answer(context));
        }
    }

    private void Answer(HttpListenerContext context)
    {
        try
        {
            using HttpListenerResponse response = context.Response;
            bool isRead = context.Request.HttpMethod is "GET" or "HEAD";
            if (context.Request.Url?.AbsolutePath != HealthPath || !isRead)
            {
                response.StatusCode = (int)(isRead ? HttpStatusCode.NotFound : HttpStatusCode.MethodNotAllowed);
                return;
            }

            HealthReport report = _health();
            byte[] body = JsonSerializer.SerializeToUtf8Bytes(HealthStatus.Of(report), ControlJson.Default.HealthStatus);
            response.StatusCode = (int)(report.Level == HealthLevel.Red ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK);
            response.ContentType = "application/json";
            response.AddHeader("Cache-Control", "no-store");
            response.ContentLength64 = body.Length;
            if (context.Request.HttpMethod == "GET")
                response.OutputStream.Write(body);
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side went away, or the program ends.
        }
    }
}
