namespace OrthancCloudFs.EndToEnd.Tests.Support;

/// <summary>
/// For tests in which this process itself has files of a mount open: a program that another test starts meanwhile has copies of them for a
/// moment, and what closes these copies commits the files. <c>tests/scripts/run-tests</c> gives them a process of their own, beside the others.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
[Trait("Process", "Own")]
public sealed class Alone;
