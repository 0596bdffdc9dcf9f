suppressMessages({ library(sp); library(gstat) })
meuse <- read.csv("data/meuse.csv"); coordinates(meuse) <- ~x + y
grid <- read.csv("data/meuse_grid.csv"); coordinates(grid) <- ~x + y

classes <- variogram(log(zinc) ~ 1, meuse, cutoff = 1500, width = 100)
model <- fit.variogram(classes, vgm(1, "Sph", 900, 1))             # weights N / h², as by default
map <- krige(log(zinc) ~ 1, meuse, grid, model, debug.level = 0)
left_out <- krige.cv(log(zinc) ~ 1, meuse, model, verbose = FALSE, debug.level = 0)

say <- function(what, number) cat(what, format(number, digits = 12), "\n")
say("nugget", model$psill[1]); say("psill", model$psill[2]); say("range", model$range[2])
say("mean", mean(map$var1.pred)); say("variance", mean(map$var1.var))
say("rmse", sqrt(mean(left_out$residual^2))); say("msdr", mean(left_out$zscore^2))
