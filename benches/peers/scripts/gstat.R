# gstat: Rscript gstat.R WORK CSV CELLS OUT [PROCESSES]
# It has no threads; with PROCESSES the cells are shared out among that many forked ones.
suppressPackageStartupMessages({library(sp); library(gstat); library(parallel)})
a <- commandArgs(TRUE); work <- a[1]; out <- a[4]
processes <- if (length(a) > 4) as.integer(a[5]) else 1L
x0 <- 3500000; y0 <- 2000000; side <- 1e6
model <- if (work == "global-exponential") vgm(300, "Exp", 16000, nugget = 100) else vgm(300, "Sph", 50000, nugget = 100)
t_read <- proc.time()[["elapsed"]]
d <- read.csv(a[2]); coordinates(d) <- ~x + y
t_read <- proc.time()[["elapsed"]] - t_read
if (work %in% c("local", "idw", "global", "global-exponential", "simulation")) {
  p <- strsplit(a[3], "[:,]")[[1]]; n <- as.integer(p[1])
  part <- if (length(p) > 1) as.integer(p[-1]) else c(0L, 0L, n, n)
  step <- side / n
  cells <- expand.grid(x = x0 + (part[1] + seq_len(part[3]) - 0.5) * step,
                       y = y0 + side - (part[2] + seq_len(part[4]) - 0.5) * step)
}
shared <- function(f) {
  of_rows <- function(rows) { h <- cells[rows, ]; coordinates(h) <- ~x + y; f(h)@data }
  if (processes == 1L) return(of_rows(seq_len(nrow(cells))))
  do.call(rbind, mclapply(splitIndices(nrow(cells), processes), of_rows, mc.cores = processes))
}
save <- function(v, name) writeBin(as.double(v), file.path(out, paste0(name, ".f64")), size = 8)
began <- proc.time()[["elapsed"]]
r <- switch(work,
  "local" = shared(function(h) krige(value ~ 1, d, h, model, nmax = 32, debug.level = 0)),
  "global" = , "global-exponential" = shared(function(h) krige(value ~ 1, d, h, model, debug.level = 0)),
  "idw" = shared(function(h) idw(value ~ 1, d, h, nmax = 12, idp = 2, debug.level = 0)),
  "variogram" = variogram(value ~ 1, d, cutoff = 100000, width = 100000 / 15),
  "leave-one-out" = krige.cv(value ~ 1, d, model, nmax = 32, verbose = FALSE, debug.level = 0)@data,
  "simulation" = { set.seed(1); shared(function(h) krige(value ~ 1, d, h, model, nmax = 32, nsim = 10, debug.level = 0)) },
  "read" = NULL)
seconds <- proc.time()[["elapsed"]] - began
if (work == "variogram") { save(r$gamma, "pred"); save(r$np, "np")
} else if (work == "simulation") { save(as.matrix(r), "pred")
} else if (work == "idw") { save(r[[1]], "pred")
} else if (work != "read") { save(r[[1]], "pred"); save(r[[2]], "var") }
cat(sprintf('{"compute_s": %.3f, "read_s": %.3f, "threads": %d}\n', seconds, t_read, processes), file = file.path(out, "self.json"))
