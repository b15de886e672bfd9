using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Program.Composition;
using OrthancCloudFs.Program.Mounting;

namespace OrthancCloudFs.Program.Service;

/// <summary>Runs one mount as a service of Windows, from its start to its stop.</summary>
[SupportedOSPlatform("windows")]
internal static partial class MountHost
{
    /// <summary>For the end of the mount itself, beyond "ShutdownTimeout".</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(15);

    /// <param name="name">Of the service; its events have it as their source.</param>
    /// <param name="configurationPath">Orthanc's configuration.</param>
    /// <param name="patience">How long to wait for a bucket that cannot be reached.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(string name, string configurationPath, TimeSpan patience, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = name });
        var outcome = new MountOutcome();
        var mount = new MountService(name, configurationPath, patience, outcome);
        builder.Services.AddSingleton(outcome);
        builder.Services.AddSingleton<IHostLifetime, MountServiceLifetime>();
        builder.Services.Configure<WindowsServiceLifetimeOptions>(options => options.ServiceName = name);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = mount.StopTimeout + StopMargin);
        builder.Services.AddSingleton<IHostedService>(services =>
        {
            mount.Application = services.GetRequiredService<IHostApplicationLifetime>();
            return mount;
        });
        using IHost host = builder.Build();
        try
        {
            await host.RunAsync(cancellationToken).ConfigureAwait(false);
            return mount.Result;
        }
        catch (Exception e) when (outcome.Start is { IsCompletedSuccessfully: true, Result: { } reason })
        {
            throw new CommandException(ExitCode.Failure, reason, e); // the manager and the event log know already
        }
    }

    private sealed partial class MountService(string name, string configurationPath, TimeSpan patience, MountOutcome outcome) : BackgroundService
    {
        private readonly Lazy<ConfigurationResult> _configuration = new(() => OrthancConfigurationReader.Read(configurationPath));

        public IHostApplicationLifetime? Application { get; set; }

        public int Result { get; private set; } = ExitCode.Failure;

        public TimeSpan StopTimeout
        {
            get
            {
                try
                {
                    return _configuration.Value.Settings.Mount.ShutdownTimeout;
                }
                catch (ConfigurationException)
                {
                    return TimeSpan.Zero; // the start says what is wrong
                }
            }
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            try
            {
                CloudFsSettings settings = _configuration.Value.Settings;
                LogFile.Use(settings, inBackground: false, hasTerminal: false);
                using ILoggerFactory loggers = LoggingComposition.CreateForService(settings.Logging, name);
                await MountAsync(loggers, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                outcome.SetFailed(e.Message);
            }
            finally
            {
                Application!.StopApplication();
            }
        }

        private async Task MountAsync(ILoggerFactory loggers, CancellationToken stoppingToken)
        {
            try
            {
                var run = new MountRun(_configuration.Value, readOnly: false, patience, loggers);
                PendingWork pending = await run.RunAsync(outcome.SetReady, stoppingToken).ConfigureAwait(false);
                Result = pending.IsNone ? ExitCode.Success : ExitCode.Pending;
            }
            catch (Exception e)
            {
                LogFailed(loggers.CreateLogger("OrthancCloudFs"), e.Message);
                throw;
            }
        }

        [LoggerMessage(Level = LogLevel.Error, Message = "The mount has failed: {Reason}")]
        private static partial void LogFailed(ILogger logger, string reason);
    }
}
